# Excess convexity that a residual block adds over the bound $\sigma^2(1-\bar\rho)\|\phi-\bar\phi\|^2/(2(1+\sigma^2\|\phi'\|^2))$, for ten
# activations, four variances and three crops. No block falls below 1 (blue); $h_2$ comes to it.
set title "Excess convexity of residual blocks over its bound"
set xlabel "bound"
set ylabel "e(P̃) / bound"
set logscale xy
set format x "10^{%L}"
set yrange [*:*] noextend
is_h2(value) = strcol(1) eq "h2" ? value : NaN
plot $two using (1e-2):(reach(0.8, 2)) with points pointsize 0, \
     table using "bound":"ratio" with points linestyle 2 pointsize 0.7 title "blocks", \
     "" using "bound":(is_h2(column("ratio"))) with points linestyle 4 pointsize 0.8 title "blocks with h_2", \
     1 with lines linestyle 3 title "bound"
