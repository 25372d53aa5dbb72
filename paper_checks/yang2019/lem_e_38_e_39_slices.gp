# The mean of relu$(u_1\cdot v)\,$relu$(u_2\cdot v)$ over the sphere $S^n$ against the angle between $u_1$ and $u_2$, by lemma E.39 (discs), and the
# arc-cosine kernel (line). The grey line marks the angle between two samples of a batch, $\arccos(-1/n)$ with $n=B-2$ and one more coordinate.
B = setting("B") + 0
set title sprintf("A mean over slices of the sphere S^{%g}", B - 2)
set xlabel "angle between u₁ and u₂"
set ylabel "mean"
set xrange [0:pi]
set xtics ("0" 0, "π/4" pi/4, "π/2" pi/2, "3π/4" 3*pi/4, "π" pi)
set format y "%g"
set arrow from acos(-1. / (B - 1)), graph 0 to acos(-1. / (B - 1)), graph 1 nohead linestyle 8
@two_rows
plot table using "angle":"kernel" with lines linestyle 1 title "arc-cosine kernel", \
     "" using "angle":"relu" with points linestyle 2 title "two slices", \
     NaN with lines linestyle 8 title "a batch"
