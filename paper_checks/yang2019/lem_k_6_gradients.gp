# The part of $\mathrm E|r|^{-1}$ that comes from $|r|>\epsilon$, for $r\sim N(0,1)$, by quadrature (points), and $\sqrt{2/\pi}\,(\log\frac1\epsilon+\frac{\log2-\gamma}2)$ (line). It grows without end.
set title "A gradient without a mean"
set xlabel "cut-off ε"
set ylabel "E |r|^{−1} over |r| > ε"
set logscale x
set format x "10^{%L}"
set xrange [1:*] reverse
set xrange [1:5e-13]
plot table using "epsilon":"asymptote" with lines linestyle 1 title "asymptote", "" using "epsilon":"mean" with points linestyle 2 title "quadrature"
