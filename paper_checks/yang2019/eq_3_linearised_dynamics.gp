# How far the covariance of two samples is from its fixed point, layer by layer, in a wide network without normalisation (points), and $\lambda_1^l$, $\lambda_1=\max(u,w)$, through the last one
# (line).
set title sprintf("Approach to the fixed point, %s, σ_w² = %s, σ_b² = %s", setting("phi"), number("sigma_w2"), number("sigma_b2"))
set xlabel "layer"
set ylabel "distance to Σ*"
set logscale y
set format y "10^{%L}"
@tight
stats table using "layer":"distance" nooutput
n = STATS_records
last(c) = real(system("awk -F'\\t' '!/^#/ {v=$".c."} END {print v}' ".table))
plot table using "layer":(column("power") * last(2) / last(3)) with lines linestyle 1 title "λ_1^l", "" using "layer":"distance" with points linestyle 2 title "two samples"
