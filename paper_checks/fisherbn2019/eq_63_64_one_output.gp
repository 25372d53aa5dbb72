# The largest eigenvalue with all outputs over that with one, against the width: networks (symbols with error bars) and the chain of small matrices (lines).
set title sprintf("L = %s, N_L = %s, γ = %s", setting("L"), setting("N_L"), setting("gamma"))
set xlabel "width N"
set ylabel "λ_{max} of all outputs over that of one"
set logscale x
set xtics (50, 100, 200, 500, 1000, 2000, 4000)
set yrange [1:*]
@two_rows
@tight
plot table using (pick("vanilla", column("N"))):"chain" smooth unique with lines linestyle 3 title "chain, vanilla", \
     "" using (pick("vanilla", column("N"))):"largest":"largest_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "networks, vanilla", \
     "" using (pick("batchnorm", column("N"))):"chain" smooth unique with lines linestyle 2 title "chain, batchnorm", \
     "" using (pick("batchnorm", column("N"))):"largest":"largest_err" with yerrorbars linestyle 2 pointtype 5 pointsize 0.8 title "networks, batchnorm"
