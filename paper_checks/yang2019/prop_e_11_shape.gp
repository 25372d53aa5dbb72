# The kernel of two independent Gaussians, $\mathsf J_\alpha(0)$: the printed formula (line) and the defining integral (points). It is 0 at
# $\alpha=-\frac12$, where $c_\alpha$ diverges, $\frac12$ at $\alpha=0$, and falls from there.
set title "Arc-cosine kernel at correlation 0"
set xlabel "degree α"
set ylabel "J_α(0)"
set xrange [-0.5:3.1]
set yrange [0:*]
plot table using "alpha":"printed" with lines linestyle 1 title "printed", \
     "" every 2 using "alpha":"integral" with points linestyle 2 title "integral"
