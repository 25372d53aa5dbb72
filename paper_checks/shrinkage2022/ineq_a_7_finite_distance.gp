# $1-\rho_L$ of two inputs at the distance $1-\rho_0=\tau$ (black), and the least that (A.7) allows where it says something, up to $\tau=1/(2+E)$
# (blue), at two depths.
set title setting("phi").", ".variances(setting("s") + 0)
set xlabel "τ = 1 − ρ_0"
set ylabel "1 − ρ_L"
set logscale xy
set format xy "10^{%L}"
set rmargin 10
depth(name) = name[strstrt(name, "L ="):*]
plot table using "tau":"gap" with lines linestyle 1 title "infinite width", \
     "" using "tau":"bound" with lines linestyle 3 title "at least (A.7)", \
     "" using (abs(column("tau") - 1) < 1e-9 ? 1 : NaN):"gap":(depth(strcol(1))) with labels left offset 0.6,0 textcolor rgb black
