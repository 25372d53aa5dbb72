# The two sides of equation (147), in units of the eigenvalue between them, of random matrices and of networks: all points lie below the one line and to the right of the other.
set title sprintf("L = %s, N = %s, m = %s", setting("L"), setting("N"), setting("m"))
set xlabel "left side / λ_{max}"
set ylabel "right side / λ_{max}"
set logscale y
set xrange [0:1.08]
set yrange [0.8:*]
@two_rows
set arrow from 1, graph 0 to 1, graph 1 nohead linestyle 8
plot 1 linestyle 8, \
     table using (pick("random matrices", column("left"))):"right" with points pointtype 7 pointsize 0.35 linecolor rgb grey title "random matrices", \
     "" using (pick("vanilla", column("left"))):"right" with points pointtype 7 pointsize 0.7 linecolor rgb blue title "vanilla networks", \
     "" using (pick("batchnorm, frozen", column("left"))):"right" with points pointtype 5 pointsize 0.7 linecolor rgb vermilion title "batchnorm, frozen", \
     "" using (pick("batchnorm, live", column("left"))):"right" with points pointtype 9 pointsize 0.9 linecolor rgb green title "batchnorm, live"
