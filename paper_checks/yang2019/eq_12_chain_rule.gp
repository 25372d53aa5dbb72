# The non-zero eigenvalues $\lambda_L^\uparrow$ (filled) and $\lambda_M^\uparrow$ (open) of the projected forward operator, which differences of the covariance map confirm, for six homogeneous activations at four
# batch sizes.
set title "Non-zero eigenvalues of the Jacobian"
set xlabel "batch size B"
set ylabel "eigenvalue"
set xrange [3.7:8.3]
set xtics 1
@two_rows
names = "relu lrelu:0.1 abs relu^2 relu^1.7 x^3"
plot 0 with lines linestyle 8, 1 with lines linestyle 8, \
     for [i=1:6] table using "B":(pick(word(names, i), column("L"))) with linespoints linetype i pointtype 7 pointsize 0.7 title word(names, i) noenhanced, \
     for [i=1:6] "" using "B":(pick(word(names, i), column("M"))) with linespoints linetype i pointtype 6 pointsize 0.7 dashtype 2
