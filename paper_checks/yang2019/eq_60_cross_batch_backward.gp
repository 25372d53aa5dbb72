# The mean of $B_\phi'(x)\,\Xi\,B_\phi'(y)^T$ over independent samples against the entries of a random $\Xi$ (red, with standard errors): the line has the slope $\tilde\lambda_M=(T_{11}-T_{12})^2$.
set title "Covariance of gradients between batches, ".setting("phi").", B = ".setting("B")
set xlabel "entry of Ξ"
set ylabel "entry after one layer back"
stats table using (pick("operator", column("x"))) nooutput
set xrange [1.05 * STATS_min:1.05 * STATS_max]
plot table using "x":(pick("operator", column("claimed"))) with lines linestyle 1 title "slope (T_{11} − T_{12})^2", \
     "" using "x":(pick("operator", column("witness"))):"witness_err" with yerrorbars linestyle 2 title "samples"
