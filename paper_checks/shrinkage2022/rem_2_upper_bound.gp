# The composed map at infinite width (black) and the upper bound of Remark 2, with $C$ from $\bar\rho_{\max}$ (sky) and with $C$ summed layer by
# layer (blue), at three depths.
set title setting("phi")." layers, ".variances(setting("s") + 0)
set xlabel "input correlation t"
set ylabel "output correlation ρ_L"
set xrange [0:1]
set yrange [*:1]
plot table using "t":"lumped" with lines linestyle 7 title "bound, ρ̄_{max}", \
     "" using "t":"per_layer" with lines linestyle 3 title "bound, by layer", \
     "" using "t":"rho" with lines linestyle 1 title "infinite width", \
     "" using (first(0)):"rho":1 with labels left offset 0.6,-0.8 textcolor rgb black
