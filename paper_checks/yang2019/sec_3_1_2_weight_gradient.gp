# Growth of squared weight gradients a layer in networks, extrapolated in width (vertical), against $\lambda_G$ (horizontal): every activation of the table that keeps its symmetric
# fixed point, at two or more batch sizes. Bars: standard error and bias.
set title sprintf("networks of width %s, depth %s", setting("N"), setting("L"))
set xlabel "λ_G, infinite width"
set ylabel "growth of |weight gradient|² a layer"
set logscale xy
set xtics (1, 1.2, 1.5, 2, 3, 4, 5, 7)
set ytics (1, 1.2, 1.5, 2, 3, 4, 5, 7)
@tight
plot x with lines linestyle 8, \
     table using (column("B") == 6 ? column("lambda_G") : NaN):"rate":"rate_err" with yerrorbars linestyle 2 pointsize 0.8 title "B = 6", \
     "" using (column("B") == 16 ? column("lambda_G") : NaN):"rate":"rate_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "B = 16", \
     "" using (column("B") != 6 && column("B") != 16 ? column("lambda_G") : NaN):"rate":"rate_err" with yerrorbars linestyle 4 pointsize 0.9 title setting("phi").", B = ".setting("B")
