# $1-\rho_L$ against the negative slope $a$ of leaky relu, from relu to the identity, at one depth: pairs of inputs in finite networks (red,
# geometric mean and standard error), infinite width (black), the widest pair that gradient descent on the inputs finds in narrower networks
# (green), and the bound (4.1) (blue).
set title "Leaky relu networks of depth L = ".setting("L")
set xlabel "negative slope a"
set ylabel "1 − ρ_L"
set logscale y
set format y "10^{%L}"
set xrange [0:1]
low(x) = exp(column(x) - column(x."_err"))
high(x) = exp(column(x) + column(x."_err"))
@two_rows
plot table using "a":(pick("rho_0 = -1", column("bound"))) with lines linestyle 3 title "bound (4.1)", \
     "" using "a":"theory" with lines linestyle 1 title "infinite width", \
     "" using "a":(exp(column("log_network"))):(low("log_network")):(high("log_network")) with yerrorbars linestyle 2 \
        title "networks, N = ".setting("N"), \
     "" using "a":(exp(column("log_found"))):(low("log_found")):(high("log_found")) with yerrorbars linestyle 4 \
        title "descent, N = ".setting("M")
