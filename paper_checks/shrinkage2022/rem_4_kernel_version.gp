# The infinite-width analogue of the squared Jacobian norm, a limit of quotients of kernels (red), against the product of slopes $\prod_lP_l'(1)$:
# the two are equal (dashed). Below, Theorem 1's lower bound for the same chains (blue).
set title "Chains of six activations"
set xlabel "product of slopes Π P_l′(1)"
set ylabel "quotient, bound"
set logscale xy
set format xy "10^{%L}"
plot x with lines linestyle 8 title "equality", \
     table using "product":"limit" with points linestyle 2 pointsize 0.8 title "kernels", \
     "" using "product":"bound" with points linestyle 3 pointtype 9 pointsize 0.8 title "Theorem 1"
