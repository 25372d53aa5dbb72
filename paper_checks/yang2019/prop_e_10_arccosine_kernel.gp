# Arc-cosine kernels $\mathsf J_\alpha(c)$ by the integral over an angle that defines them (lines), and the covariance of two rectified powers by quadrature
# over a Gaussian pair, divided by $c_\alpha$ (points).
set title "Arc-cosine kernels"
set xlabel "correlation c"
set ylabel "J_α(c)"
set xrange [-1:1]
set yrange [0:1]
names = "0 1/2 1 2 given"
title(name) = "α = ".(name eq "given" ? number("alpha") : name)
plot for [i=1:words(names)] table using "c":(pick(word(names, i), column("printed"))) with lines linecolor rgb hue(i) linewidth 2 title title(word(names, i)), \
     for [i=1:words(names)] "" using "c":(pick(word(names, i), column("pair"))) with points pointtype 6 pointsize 0.7 linecolor rgb hue(i)
