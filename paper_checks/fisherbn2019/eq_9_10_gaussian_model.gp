# In eight directions of the parameters: the mean squared score by differences (circles), and minus the mean second derivative of the log-likelihood with the corrected sign (points), against the mean of the squared derivative of
# the outputs.
set title "The Fisher information of a Gaussian model"
set xlabel "mean of (∂f)^2"
set ylabel "information"
set xrange [0:*]
set yrange [0:*]
plot x with lines linestyle 8, \
     table using "right":"scores" with points pointtype 6 pointsize 1.3 linewidth 1.5 linecolor rgb blue title "mean squared score", \
     "" using "right":"curvature" with points pointtype 7 pointsize 0.6 linecolor rgb vermilion title "− mean second derivative"
