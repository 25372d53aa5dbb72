# $E\,h_k(x_1)h_k(x_2)$ by quadrature (dots) and the powers $\rho^k$ (circles joined by lines) against the degree $k$, for six correlations $\rho$.
set title "Hermite polynomials of correlated normals"
set xlabel "degree k"
set ylabel "E h_k(x_1) h_k(x_2)"
set xrange [-0.2:setting("K") + 0.2]
set yrange [-1.05:1.05]
set ytics 0.5
set tmargin 2.2
set title offset 0,-0.5
set rmargin 17
set key at graph 1.04, graph 0.5 left center vertical
rho(i) = i == 1 ? setting("rho") + 0 : word("0 -1 -0.5 0 0.3 0.99", i) + 0
is(i, value) = abs(column("rho") - rho(i)) < 1e-12 ? value : NaN
plot for [i=1:6] table using "k":(is(i, column("power"))) smooth unique with lines linecolor rgb hue(i) linewidth 1.5 title "ρ = ".gprintf("%g", rho(i)), \
     for [i=1:6] "" using "k":(is(i, column("power"))) with points pointtype 6 pointsize 1 linecolor rgb hue(i), \
     for [i=1:6] "" using "k":(is(i, column("tensor"))) with points pointtype 7 pointsize 0.5 linecolor rgb hue(i)
