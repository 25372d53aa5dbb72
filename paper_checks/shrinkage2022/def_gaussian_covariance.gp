# How far three routes to $C[\phi|\rho]$ lie apart, for each activation and nine correlations: the library's closed form or lattice rule against
# adaptive quadrature (red) and against the Hermite series (green). Equal bits are drawn at the lower edge.
set title "Gaussian covariance: differences between routes"
set ylabel "|difference| in C[φ|ρ]"
set logscale y
set format y "10^{%L}"
set xrange [-0.7:*]
unset xtics
set bmargin 6
apart(x) = abs(x) > 1e-18 ? abs(x) : 1e-18
plot table using (column(-1) - 0.15):(apart(column("covariance") - column("quadrature"))) with points linestyle 2 title "quadrature", \
     "" using (column(-1) + 0.15):(apart(column("covariance") - column("series"))) with points linestyle 4 title "Hermite series", \
     "" using (first(column(-1))):(1e-18):"phi" with labels rotate by -45 left offset -0.5,-1 textcolor rgb "#333333"
