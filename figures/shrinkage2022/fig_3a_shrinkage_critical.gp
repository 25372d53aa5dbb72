# $1-\rho_L$ against the depth $L$ of critical erf networks: pairs of inputs in finite networks (red, geometric mean and standard error), infinite
# width for the same pairs (black), and the bound (4.2) on $1-\rho_{\max}$ (blue). All pairs close in like $1/L$.
set title "erf networks of width ".setting("N").", critical variances"
set xlabel "depth L (non-linear layers)"
set ylabel "1 − ρ_L"
set logscale xy
@depths
set format y "10^{%L}"
low(x) = exp(column(x) - column(x."_err"))
high(x) = exp(column(x) + column(x."_err"))
plot table using "L":(pick("rho_0 = -1", column("bound"))) with lines linestyle 3 title "bound (4.2)", \
     "" using "L":"theory" with lines linestyle 1 title "infinite width", \
     "" using "L":(exp(column("log_network"))):(low("log_network")):(high("log_network")) with yerrorbars linestyle 2 title "networks"
