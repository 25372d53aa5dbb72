# The eigenvalues of the dual matrix of one wide network without and one with batch normalisation, by rank. The largest stands far above the others.
set title sprintf("L = %s, N = %s, m = %s", setting("L"), setting("N"), setting("m"))
set xlabel "rank"
set ylabel "eigenvalue"
set logscale xy
set xrange [0.8:*]
plot table using (pick("vanilla", column("rank"))):"eigenvalue" with points pointtype 7 pointsize 0.5 linecolor rgb blue title "vanilla", \
     "" using (pick("batchnorm", column("rank"))):"eigenvalue" with points pointtype 7 pointsize 0.5 linecolor rgb vermilion title "batchnorm"
