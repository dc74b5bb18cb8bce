# NMF-MFCC whose clusters are named by the references: a bound, no row of Table 3 (its protocol
# permutes nothing).
_base_ = 'separation_scenes_nmf.py'
model = dict(assignment='oracle')
