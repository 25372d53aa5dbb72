# Six ultrasymmetric operators with random brackets between centrings: their eigenvalues on $\mathbb RG$ (black), $\mathbb L$ (blue) and $\mathbb M$ (green) by the formulas, and
# all non-zero eigenvalues that LAPACK finds (red dots, for $B\le8$).
set title "Three eigenvalues each, B = ".setting("B")
set xlabel "random operator"
set ylabel "eigenvalue"
set xtics 1
set xrange [-0.5:5.5]
plot 0 with lines linestyle 8, \
     table using "operator":(pick("G", column("lambda"))) with points linestyle 1 pointtype 6 pointsize 1.6 title "G", \
     "" using "operator":(pick("L", column("lambda"))) with points linestyle 3 pointtype 6 pointsize 1.6 title "L", \
     "" using "operator":(pick("M", column("lambda"))) with points linestyle 4 pointtype 6 pointsize 1.6 title "M", \
     "" using "operator":(pick("LAPACK", column("lambda"))) with points linestyle 2 title "LAPACK"
