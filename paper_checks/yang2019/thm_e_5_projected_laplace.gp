# Entries of the covariance after one layer of relu, four random covariances of a batch of 8: sampled against the integral of theorem E.5 in a random basis. The line is
# equality.
set title "relu, B = 8"
set xlabel "integral (26) without the outer inverse"
set ylabel "samples"
set key at graph 0.5, graph 1 center bottom
plot x with lines linestyle 8, \
     table using (pick("diagonal", column("integral"))):"sampled":"sampled_err" with yerrorbars linestyle 2 title "diagonal", \
     "" using (pick("off-diagonal", column("integral"))):"sampled":"sampled_err" with yerrorbars linestyle 4 title "off-diagonal"
