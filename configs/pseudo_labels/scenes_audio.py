# scenes.py whose audio labels are the picture's labels, too.
_base_ = 'scenes.py'

visual = None
