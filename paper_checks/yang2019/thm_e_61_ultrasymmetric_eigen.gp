# Eigenvalues of three ultrasymmetric operators with random brackets in the complex plane: the printed roots on matrices of BSB1 shape (black), of shape $L$
# (blue) and on $\mathbb M$ (green), and all eigenvalues by LAPACK (red). Roots can be complex pairs.
set title "Eigenvalues of ultrasymmetric operators, B = ".setting("B")
set xlabel "real part"
set ylabel "imaginary part"
set offsets graph 0.03, graph 0.03, graph 0.1, graph 0.1
if (number("B") <= 10) {
    plot 0 with lines linestyle 8, \
         table using (pick("BSB1", column("re"))):"im" with points linestyle 1 pointtype 6 pointsize 1.6 title "BSB1", \
         "" using (pick("L", column("re"))):"im" with points linestyle 3 pointtype 6 pointsize 1.6 title "L", \
         "" using (pick("M", column("re"))):"im" with points linestyle 4 pointtype 6 pointsize 1.6 title "M", \
         "" using (pick("LAPACK", column("re"))):"im" with points linestyle 2 title "LAPACK"
} else { set label "no eigenvalues drawn for B > 10" at graph 0.5, graph 0.5 center; plot [0:1] 0 with lines linestyle 8 }
