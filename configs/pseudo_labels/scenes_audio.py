# scenes.py with what is heard as the picture's labels too.
_base_ = 'scenes.py'

visual = None
