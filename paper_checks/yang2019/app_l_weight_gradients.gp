# Mean squared gradient of a weight by layer (above): in networks (red), and the product of the two mean covariances (black). Below, $\mu^*\operatorname{tr}\Pi^l$ relative to
# the mean squared gradient: 1 once the covariance has settled.
set title sprintf("%s, B = %s, N = %s", setting("phi"), setting("B"), setting("N"))
set ylabel "mean squared gradient"
@depths
@upper
set logscale y
set format y "10^{%L}"
plot table using "layer":"product" with lines linestyle 1 title "⟨Π, Σ⟩", "" using "layer":"gradient" with points linestyle 2 pointsize 0.8 title "networks"
@lower
unset logscale y
set xlabel "layer l"
set ylabel "μ* tr Π / squares"
set ytics 0.2
plot 1 with lines linestyle 8, table using "layer":"fixed_point" with linespoints linestyle 3 pointtype 7 pointsize 0.5
