# Left out by the paper, the difference between the loss over a sample and the population loss: its root mean square over 2400 samples of each size, and what Gaussian residuals give.
set title "A mean over samples in place of the population loss"
set xlabel "samples m"
set ylabel "root mean square difference"
set logscale xy
set xrange [6:170]
plot table using "x":(pick("samples", column("claimed"))) with lines linestyle 1 title "(2/m)^{1/2} L", \
     "" using "x":(pick("samples", column("y"))):"y_err" with yerrorbars linestyle 2 title "samples"
