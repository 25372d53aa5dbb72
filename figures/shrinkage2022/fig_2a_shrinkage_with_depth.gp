# $1-\rho_L$ against the depth $L$: three pairs of inputs ($\rho_0=-1,0,0.9$) in finite networks (red, geometric mean and standard error) and at
# infinite width (black), the widest pair that gradient descent on the inputs finds in narrower networks (green), and the bound (4.1) on
# $1-\rho_{\max}$ (blue).
a = setting("a") + 0
set title a == 0 ? "Relu networks" : sprintf("Leaky relu networks, a = %g", a)
set xlabel "depth L (non-linear layers)"
set ylabel "1 − ρ_L"
set logscale xy
@depths
set format y "10^{%L}"
low(x) = exp(column(x) - column(x."_err"))
high(x) = exp(column(x) + column(x."_err"))
@two_rows
plot table using "L":(pick("rho_0 = -1", column("bound"))) with lines linestyle 3 title "bound (4.1)", \
     "" using "L":"theory" with lines linestyle 1 title "infinite width", \
     "" using "L":(exp(column("log_network"))):(low("log_network")):(high("log_network")) with yerrorbars linestyle 2 \
        title "networks, N = ".setting("N"), \
     "" using "L":(exp(column("log_found"))):(low("log_found")):(high("log_found")) with yerrorbars linestyle 4 \
        title "descent, N = ".setting("M")
