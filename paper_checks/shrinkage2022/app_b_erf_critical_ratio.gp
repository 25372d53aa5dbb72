# The slope $P'(1)$ of an erf layer's correlation map (black) and the attracting fixed point $\rho_{\rm fp}$ (red) against $\sigma_b^2/\sigma_w^2$.
# Where the slope falls through 1 the fixed point reaches 1: at the printed ratio (blue line).
set title "erf: chaotic, critical and ordered layers"
set xlabel "σ_b² / σ_w²"
set ylabel "P′(1), ρ_{fp}"
s = 2 / pi * (2 / sqrt(5) - atan(2 / sqrt(5)))
set arrow from s, graph 0 to s, graph 1 nohead linestyle 3 linewidth 1
set label "chaotic" at s, graph 0.94 right offset -1,0 textcolor rgb grey
set label "ordered" at s, graph 0.94 left offset 1,0 textcolor rgb grey
plot 1 with lines linestyle 8, \
     table using "s":"slope" with lines linestyle 1 title "slope P′(1)", \
     "" using "s":"fixed" with lines linestyle 2 linewidth 2 title "fixed point ρ_{fp}", \
     NaN with lines linestyle 3 linewidth 1 title "printed ratio"
