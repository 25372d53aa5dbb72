# The singular values of a centred $\mathrm{BSB2}^1_B(d,c,b)$ matrix, $d,c,b=2.5,-0.1,0.3$ (points; those below $10^{-13}$ are drawn there), and the printed $\lambda$ (circle).
set title "Rank one, B = ".setting("B")
set xlabel "index"
set ylabel "singular value"
set logscale y
set format y "10^{%L}"
set yrange [3e-14:30]
@tight
plot table using "index":"singular" with points linestyle 2 pointsize 0.8 title "LAPACK", "" using "index":"lambda" with points linestyle 3 pointtype 6 pointsize 1.8 title "λ"
