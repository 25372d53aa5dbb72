# The covariance $C[\mathrm{erf}|\rho]$ by its closed form (black) and by quadrature (red), and its linear part (dashed). Below, what the linear
# part leaves: its value at $\rho=1$ is the non-linearity $\|\mathrm{erf}-\overline{\mathrm{erf}}\|^2$.
stats table using (column("printed") - column("linear")) nooutput
gap = steps(STATS_max - STATS_min)
set title "Gaussian covariance of erf"
set ylabel "C[erf|ρ]"
set xrange [-1:1]
set xtics 0.5
@upper
set ytics 0.25
plot table using "rho":"linear" with lines linestyle 8 title "linear part", \
     "" using "rho":"printed" with lines linestyle 1 title "closed form", \
     "" using "rho":"quadrature" with points linestyle 2 title "quadrature"
@lower
set ytics gap
set xlabel "correlation ρ"
set ylabel "minus linear part"
plot table using "rho":(column("printed") - column("linear")) with lines linestyle 1, \
     "" using "rho":(column("quadrature") - column("linear")) with points linestyle 2
