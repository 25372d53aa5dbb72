# The spectral radius of gradient descent with momentum against rate times eigenvalue, at three momenta; dashed where it is to pass 1.
set title "Convergence of gradient descent with momentum"
set xlabel "ηλ"
set ylabel "spectral radius"
set xrange [0:4.2]
set yrange [0:2]
momenta = "none half chosen"
titles = "0 0.5 ".number("mu")
plot 1 with lines linestyle 8, \
     for [i=1:3] table using "product":(pick(word(momenta, i), column("radius"))) with lines linetype i title "μ = ".word(titles, i), \
     for [i=1:3] "" using "critical":(pick(word(momenta, i), 0.8)):(0):(0.4) with vectors nohead linetype i linewidth 1 dashtype 2
