# NMF-MFCC whose clusters are named by the references: a bound for the row NMF-MFCC, whose protocol
# permutes nothing.
_base_ = 'separation_scenes_nmf.py'
model = dict(assignment='oracle')
