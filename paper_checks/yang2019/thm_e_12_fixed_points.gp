# How far the stable fixed point of $\mathsf J_\alpha$ lies from 1: the root of the kernel's fall (line) and the defining integral at the root (points), against
# $1-\alpha$. It closes on 1 like $\frac{9\pi^2}8(1-\alpha)^4$ (dashed).
set title "Fixed point of the arc-cosine kernel below degree one"
set xlabel "1 − α"
set ylabel "1 − c*"
set logscale xy
set format x "10^{%L}"
set format y "10^{%L}"
set xrange [8e-4:0.6]
set yrange [*:1]
plot 9 * pi**2 / 8 * x**4 with lines linestyle 8 title "asymptote", \
     table using (1 - column("alpha")):"gap" smooth unique with lines linestyle 1 title "root", \
     "" using (1 - column("alpha")):"integral" with points linestyle 2 title "integral"
