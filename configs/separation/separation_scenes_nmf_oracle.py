# NMF-MFCC whose clusters are named by the references: an upper bound for the row NMF-MFCC.
# The protocol of that row permutes nothing.
_base_ = 'separation_scenes_nmf.py'
model = dict(assignment='oracle')
