# $1-\rho_{\max}$ against the depth of critical leaky relu networks: at infinite width (black), and what inequality (4.1) allows (blue). It falls
# like $L^{-2}$, the bound like $L^{-1/2}$.
set title "Leaky relu, a = ".number("a")
set xlabel "depth L (non-linear layers)"
set ylabel "1 − ρ_{max}"
set logscale xy
set format y "10^{%L}"
@depths
plot table using "L":"bound" with lines linestyle 3 title "bound (4.1)", \
     "" using "L":"gap" with lines linestyle 1 title "infinite width"
