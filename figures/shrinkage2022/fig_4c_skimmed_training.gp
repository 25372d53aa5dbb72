# Cross-entropy on test images against epochs of training: the full networks (black) and the skimmed ones, which begin with the same weights (red),
# mean and standard error over pairs; dashed, the loss of a guess among ten classes.
set title setting("L")." layers, ".setting("block")." of them replaced by one"
set xlabel "epochs of training"
set ylabel "loss on test images"
set xtics 1
if (setting("epochs") > 10) { set xtics auto }
@tight
plot log(10) with lines linestyle 8 title "a guess", \
     table using "epoch":(pick("full", column("loss"))):"loss_err" with yerrorlines linestyle 1 pointtype 7 pointsize 0.5 title "full", \
     "" using "epoch":(pick("skimmed", column("loss"))):"loss_err" with yerrorlines linestyle 2 title "skimmed"
