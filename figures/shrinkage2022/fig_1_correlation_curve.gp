# The correlation $\rho_L$ of two outputs as a function of the correlation $\rho_0$ of the inputs, at three depths: networks of finite width (red,
# one standard error), infinite width (black) and the upper bound of Remark 2 (blue). With depth the curve grows flat, and steep at 1.
set title "erf networks of width ".setting("N").", ".variances(setting("s") + 0)
set xlabel "input correlation ρ_0"
set ylabel "output correlation ρ_L"
set xrange [-1:1]
set yrange [*:1]
set xtics 0.5
@two_rows
plot table using "rho_0":"bound" with lines linestyle 3 title "bound of Remark 2", \
     "" using "rho_0":"theory" with lines linestyle 1 title "infinite width", \
     "" using "rho_0":"network":"network_err" with yerrorbars linestyle 2 title "networks", \
     "" using (abs(column("rho_0") + 0.5) < 0.01 ? -0.5 : NaN):"theory":1 with labels offset 0,-0.8 textcolor rgb black
