# The standard deviation of the largest eigenvalue over networks, relative to its mean, against the width: without (blue) and with batch normalisation (vermilion), and what weight matrices
# alone contribute to the latter (line).
set title sprintf("L = %s, γ = %s", setting("L"), setting("gamma"))
set xlabel "width N"
set ylabel "relative spread of λ_{max}"
set logscale xy
set xtics (25, 50, 100, 200, 500, 1000, 2000, 4000)
@two_rows
set xrange [*:*] noextend
set yrange [*:*]
set offsets graph 0.05, graph 0.05, 0, 0
plot table using (pick("batchnorm", column("N"))):"theory" with lines linestyle 1 title "weights, batchnorm", \
     "" using (pick("vanilla", column("N"))):"spread":"spread_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "vanilla", \
     "" using (pick("batchnorm", column("N"))):"spread":"spread_err" with yerrorbars linestyle 2 pointtype 5 pointsize 0.8 title "batchnorm"
