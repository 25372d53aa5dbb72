# The mean product of two normalised pre-activations: $-1/(m-1)$ for different samples of the $m$ data that gave the statistics (blue), $1/(m-3)$ for fresh inputs (black; points are networks). Both approach the claimed 0.
set title "Mean products with statistics of m data"
set xlabel "data m"
set ylabel "E u(x) u(y)"
set yrange [-0.25:0.4]
@tight
@two_rows
plot 0 with lines linestyle 8 title "(60)", table using (pick("different", column("m"))):"exact" with lines linestyle 3 title "different samples", \
     "" using (pick("different", column("m"))):(1 / (column("m") - 3)) with lines linestyle 1 title "fresh inputs", \
     "" using (pick("fresh", column("m"))):"measured":"measured_err" with yerrorbars linestyle 2 pointsize 0.8
