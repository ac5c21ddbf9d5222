"""Policy: who may register and promote what, and how it is known who did.

Pure: values in, values out. `settings` is what `.mreg.yaml` says, `case` an event with what there
is to know about it, `gates` the rules that decide; `approvals`, `signatures` and `chain` read what
the facts of a case are made of.
"""
