# Each layer's share of the bound: by the recursions (lines), and in networks (symbols with error bars) from the weights alone, equation (158), and from all parameters, (156). In the first layer the weights' share is 0 at infinite width, and the
# others' is what is left (open symbols at the bottom).
set title sprintf("L = %s, N = %s, γ = %s", setting("L"), setting("N"), setting("gamma"))
set xlabel "layer l"
set ylabel "f_l"
set logscale y
set format y "10^{%L}"
set xtics 1
@two_rows
@tight
positive(y, l) = l > 1 ? y : NaN
plot table using (pick("vanilla", column("l"))):(positive(column("f"), column("l"))) with lines linestyle 3 title "recursion, vanilla", \
     "" using (pick("vanilla", column("l"))):(positive(column("weights"), column("l"))):"weights_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.7 title "weights, vanilla", \
     "" using (pick("vanilla", column("l"))):"all":"all_err" with yerrorbars linestyle 3 pointtype 6 pointsize 1.2 title "all, vanilla", \
     "" using (pick("batchnorm", column("l"))):(positive(column("f"), column("l"))) with lines linestyle 2 title "recursion, batchnorm", \
     "" using (pick("batchnorm", column("l"))):(positive(column("weights"), column("l"))):"weights_err" with yerrorbars linestyle 2 pointtype 5 pointsize 0.7 title "weights, batchnorm", \
     "" using (pick("batchnorm", column("l"))):"all":"all_err" with yerrorbars linestyle 2 pointtype 4 pointsize 1.2 title "all, batchnorm"
