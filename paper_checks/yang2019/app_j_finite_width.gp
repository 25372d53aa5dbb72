# The share of networks whose covariance is symmetric at the last layer, against the width, for the two degrees $k$ that infinite width admits.
set title sprintf("C_5 − C_k, B = 10, depth %s", setting("L"))
set xlabel "width N"
set ylabel "share of symmetric networks"
set logscale x
set format x "10^{%L}"
set yrange [-0.05:1.05]
@tight
plot table using (pick("k = 3", column("N"))):"symmetric" with linespoints linestyle 3 pointtype 7 pointsize 0.9 title "k = 3", \
     "" using (pick("k = 7", column("N"))):"symmetric" with linespoints linestyle 2 pointsize 0.9 title "k = 7"
