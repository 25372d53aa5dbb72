# Squared gradients $\tilde q^l$ (black) and products for two inputs $\tilde q_{xy}^l$ (blue) where every layer has its own $\gamma_l$: networks (points), the telescoped form (lines), the claim as printed (dashed).
set title "γ_{l+1} = ".number("growth")." γ_l, γ_1 = ".number("gamma").", σ_w² = ".number("sigma_w2").", σ_b² = ".number("sigma_b2")
set xlabel "layer l"
set ylabel "gradients"
set logscale y
set format y "10^{%L}"
set xtics 1
@tight
@two_rows
plot table using "l":"corrected" with lines linestyle 1 title "q̃", "" using "l":"printed" with lines linestyle 1 dashtype 2 title "q̃, printed", \
     "" using "l":"measured":"measured_err" with yerrorbars linestyle 1 pointtype 7 pointsize 0.7, \
     "" using "l":"corrected_pair" with lines linestyle 3 title "q̃_{xy}", "" using "l":"printed_pair" with lines linestyle 3 dashtype 2 title "q̃_{xy}, printed", \
     "" using "l":"pair":"pair_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.7
