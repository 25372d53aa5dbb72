# By how much (root mean square) the last layer's normalised pre-activations move when biases are added, at several $\sigma_b$ (columns, with the $\sigma_w$ used): with $1/N$
# as printed (red) and with $1/B$ (blue, zero).
set title sprintf("%s, N = %s, B = %s", setting("phi"), setting("N"), setting("B"))
set ylabel "change of the last layer"
set yrange [-0.1:*]
set xrange [-0.5:2.5]
set xtics ("σ_w = 1, σ_b = 1" 0, "σ_w = 2, σ_b = 0.3" 1, "σ_w = 0.1, σ_b = 10" 2)
row(b) = b == 1 ? 0 : b < 1 ? 1 : 2
plot table using (column("bias_sd") > 0 ? row(column("bias_sd")) : NaN):"printed_moved" with points linestyle 2 pointsize 1.2 title "1/N", \
     "" using (column("bias_sd") > 0 ? row(column("bias_sd")) : NaN):"moved" with points linestyle 3 pointtype 5 pointsize 1.2 title "1/B"
