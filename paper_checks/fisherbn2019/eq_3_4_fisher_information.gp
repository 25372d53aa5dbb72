# The two sides of equation 4 in random directions of the parameters: minus the mean second derivative of the log-likelihood against the mean squared score, exact (open circles) and from drawn labels (points). They lie on the
# diagonal.
set title "Two faces of the Fisher information"
set xlabel "mean squared score"
set ylabel "− mean second derivative"
set logscale xy
set format xy "%g"
plot x with lines linestyle 8, \
     table using "squared":(pick("squared loss", column("hessian"))) with points pointtype 6 pointsize 1.1 linewidth 1.5 linecolor rgb blue title "squared loss", \
     "" using "squared":(pick("cross-entropy", column("hessian"))) with points pointtype 6 pointsize 1.1 linewidth 1.5 linecolor rgb green title "cross-entropy", \
     "" using "squared":"drawn":"drawn_err" with yerrorbars linestyle 2 title "drawn labels"
