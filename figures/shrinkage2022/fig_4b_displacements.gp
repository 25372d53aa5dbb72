# Pearson correlation, at each layer, of how far the parameters of a full and of a skimmed network moved in training: from the same initial weights
# (red) and from different ones (grey, a control), with one standard error over pairs of networks. In the gap stands the block that the skimmed
# network lacks.
set title "Displacements of the parameters in training"
set xlabel "layer l (0 is the embedding)"
set ylabel "Pearson correlation"
set xrange [-1:setting("L") + 1]
set yrange [*<-0.2:1]
plot 0 with lines linestyle 8, \
     table using "l":(pick("other weights", column("r"))):"r_err" with yerrorbars linecolor rgb grey pointtype 7 pointsize 0.4 title "other initial weights", \
     "" using "l":(pick("same weights", column("r"))):"r_err" with yerrorbars linestyle 2 title "same initial weights"
