# How much of a mean over pairs of different sites is left one layer down, per tap and without weights and slopes, against the ratio of the numbers of pairs of sites: on maps of whole numbers of three kinds, and in drawn networks with normalisation (with error bars). The line
# is what sums that are handed down give; as printed all points would lie at 1 (dashed). A border of zeros loses what falls on it.
set title "A mean over pairs of sites, one layer down"
set xlabel "pairs of sites above / pairs below"
set ylabel "mean below / mean above"
set logscale xy
set xrange [*:1.4]
set yrange [*:2]
set format xy "%g"
set key maxrows 2
@two_rows
plot x with lines linestyle 1 title "ratio of pairs", 1 with lines linestyle 8 title "as printed", \
     table using "pairs":(pick("wraps", column("handed"))) with points linestyle 6 pointtype 6 pointsize 1.1 title "wraps around", \
     "" using "pairs":(pick("inside", column("handed"))) with points linestyle 4 pointtype 7 pointsize 0.7 title "inside", \
     "" using "pairs":(pick("zeros", column("handed"))) with points linestyle 5 pointtype 9 pointsize 0.8 title "border of zeros", \
     "" using "pairs":(pick("networks", column("handed"))):"handed_err" with yerrorbars linestyle 2 pointtype 5 pointsize 0.8 title "networks"
