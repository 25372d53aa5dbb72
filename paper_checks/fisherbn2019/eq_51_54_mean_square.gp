# The mean square of activations over $\gamma^2$: one half (line); networks with two variances of the weights (points with standard errors, layer 1), and what (53) as printed makes of these variances (dashed).
set title "Mean square under batchnorm"
set xlabel "γ"
set ylabel "q̂ / γ²"
set logscale x
set xtics (0.25, 0.5, 1, 2, 4)
set yrange [0:1.1]
@tight
@two_rows
g2 = "(column('gamma')**2)"
plot table using (pick("integral", column("gamma"))):(column("half") / @g2) with lines linestyle 1 title "(54)", \
     for [i=1:2] "" using (pick("sigma_w2 = ".word("2 0.5", i), column("gamma"))):(column("printed") / @g2) with lines linetype i + 1 dashtype 2 title "(53), σ_w² = ".word("2 0.5", i), \
     for [i=1:2] "" using (pick("sigma_w2 = ".word("2 0.5", i), column("gamma"))):(column("h") / @g2):(column("h_err") / @g2) with yerrorbars linetype i + 1 pointtype 9 - 2 * i pointsize 2.2 - 0.7 * i
