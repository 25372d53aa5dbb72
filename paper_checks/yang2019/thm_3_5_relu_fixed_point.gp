# The correlation $c^*$ of two samples of a batch at the fixed point of relu, against the batch size: $J_1(-1/(B-1))$ (black), its expansion to two
# terms (sky), quadrature over the sphere (red). Below: what the expansion leaves out, with a line of slope $-2$.
@upper
set title "Relu with batch normalisation"
set ylabel "c*"
set logscale x
set xrange [3:20000]
set yrange [0.14:0.33]
plot table using "B":"c" with lines linestyle 1 title "J₁(−1/(B−1))", \
     "" using "B":"two_terms" with lines linestyle 7 title "1/π − 1/(2(B−1))", \
     "" using "B":"sphere" with points linestyle 2 title "sphere"
@lower
set xlabel "batch size B"
set ylabel "remainder"
set logscale y
set yrange [*:*]
set format y "10^{%L}"
plot table using "B":(column("c") - column("two_terms")) with points linestyle 2, 0.5 / pi / (x - 1)**2 with lines linestyle 8
