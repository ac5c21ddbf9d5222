"""The pages served on this machine, live, and acting from them: `mreg ui`.

`requests` and `connections` speak HTTP and know no registry; `door` decides who may ask; `pages`
has what is shown, `actions` what can be done, `forms` how that looks; `application` puts them
together.
"""
