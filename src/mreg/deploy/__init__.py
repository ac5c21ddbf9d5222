"""Events for CI: for which tag a pipeline runs, what it says, and how the next step is told.

Pure: environment variables, events and annotations come in as values; texts come out. What is
emitted is a `mreg.deploy.deployment.Deployment`; `mreg.deploy.outputs` writes it in the forms that
CI systems read, `mreg.deploy.summary` for people.
"""
