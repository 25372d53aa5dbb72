# Spread of the samples' variances deep in wide networks (0: symmetric) against the larger eigenvalue of the forward Jacobian at the symmetric fixed point: every activation of the
# table, at two batch sizes. Left of 1 the symmetric fixed point attracts.
set title sprintf("width %s, depth %s", setting("N"), setting("L"))
set xlabel "larger of λ_{L} and λ_{M}"
set ylabel "largest variance / mean − 1"
set logscale y
B = setting("B") + 0
max(a, b) = a > b ? a : b
set arrow from 1, graph 0 to 1, graph 1 nohead linestyle 8
@tight
plot table using (column("B") == B ? max(column("lambda_L"), column("lambda_M")) : NaN):"spread" with points linestyle 3 pointtype 7 pointsize 0.9 title sprintf("B = %d", B), \
     "" using (column("B") == 8 ? max(column("lambda_L"), column("lambda_M")) : NaN):"spread" with points linestyle 2 pointsize 0.9 title "B = 8"
